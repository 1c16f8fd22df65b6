/** The smallest gateway that does something. */
export const HELLO = `# A gateway with one capability and one governed process. Nothing outside is needed.
version: "1.0.0"

proxy:
  expose:
    # Callers find this with gateway.search and run it with workflow.start.
    - name: hello.echo
      title: Echo
      description: Returns what it was given.
      inputSchema:
        type: object
        required: [message]
        properties:
          message: { type: string, description: What to say. }
        additionalProperties: false

workflows:
  # A process with states: callers see only the moves that are allowed now.
  greeting:
    title: A greeting that a person approves
    inputSchema:
      type: object
      required: [name]
      properties:
        name: { type: string }
      additionalProperties: false
    initialState: drafting
    states:
      drafting:
        goal: Propose a greeting
        transitions:
          propose:
            title: Propose a text
            target: approved
            inputSchema:
              type: object
              required: [text]
              properties:
                text: { type: string, maxLength: 200 }
              additionalProperties: false
            # A person decides before the state moves: mcp-flowgate approvals list
            executor:
              kind: human
              queue: greetings
              title: "Greet {{ $.workflow.input.name }}?"
              message: "{{ $.arguments.text }}"
            output:
              text: $.arguments.text
      approved: { terminal: true }

policies:
  # Proved by the checker over every path, deadlines and rejections included.
  - name: nobody is greeted without approval
    workflow: greeting
    assert: { reaching: approved, requires: { actor: human } }
`;
