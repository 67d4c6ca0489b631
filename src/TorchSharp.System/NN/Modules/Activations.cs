using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>x·Φ(x).</summary>
    public sealed class GELU : ParameterLessModule<Tensor, Tensor>
    {
        internal GELU(bool inplace) : base(nameof(GELU)) => this.inplace = inplace;

        /// <summary>Whether the input is overwritten.</summary>
        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.gelu(tensor, inplace);
    }

    /// <summary>max(x, 0).</summary>
    public sealed class ReLU : ParameterLessModule<Tensor, Tensor>
    {
        internal ReLU(bool inplace) : base(nameof(ReLU)) => this.inplace = inplace;

        /// <summary>Whether the input is overwritten.</summary>
        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.relu(tensor, inplace);
    }

    /// <summary>x·sigmoid(x).</summary>
    public sealed class SiLU : ParameterLessModule<Tensor, Tensor>
    {
        internal SiLU(bool inplace) : base(nameof(SiLU)) => this.inplace = inplace;

        /// <summary>Whether the input is overwritten.</summary>
        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override string GetName() => nameof(SiLU);

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.silu(tensor, inplace);
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    public sealed class Sigmoid : ParameterLessModule<Tensor, Tensor>
    {
        internal Sigmoid(bool inplace) : base(nameof(Sigmoid)) => this.inplace = inplace;

        /// <summary>Whether the input is overwritten.</summary>
        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.sigmoid(tensor, inplace);
    }

    /// <summary>The hyperbolic tangent.</summary>
    public sealed class Tanh : ParameterLessModule<Tensor, Tensor>
    {
        internal Tanh(bool inplace) : base(nameof(Tanh)) => this.inplace = inplace;

        /// <summary>Whether the input is overwritten.</summary>
        public bool inplace { get; set; }

        /// <inheritdoc/>
        public override string GetName() => nameof(Tanh);

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.tanh(tensor, inplace);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>x·Φ(x).</summary>
            public static Modules.GELU GELU() => new(false);

            /// <summary>x·Φ(x).</summary>
            public static Modules.GELU GELU(bool inplace) => new(inplace);

            /// <summary>max(x, 0).</summary>
            public static Modules.ReLU ReLU(bool inplace = false) => new(inplace);

            /// <summary>x·sigmoid(x).</summary>
            public static Modules.SiLU SiLU() => new(false);

            /// <summary>x·sigmoid(x).</summary>
            public static Modules.SiLU SiLU(bool inplace) => new(inplace);

            /// <summary>1 / (1 + exp(-x)).</summary>
            public static Modules.Sigmoid Sigmoid() => new(false);

            /// <summary>1 / (1 + exp(-x)).</summary>
            public static Modules.Sigmoid Sigmoid(bool inplace) => new(inplace);

            /// <summary>The hyperbolic tangent.</summary>
            public static Modules.Tanh Tanh() => new(false);

            /// <summary>The hyperbolic tangent.</summary>
            public static Modules.Tanh Tanh(bool inplace = false) => new(inplace);
        }
    }
}
