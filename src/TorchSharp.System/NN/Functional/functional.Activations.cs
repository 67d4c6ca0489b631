using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Functions of networks, without state.</summary>
        public static partial class functional
        {
            /// <summary>See torch.nn.functional.relu.</summary>
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            /// <summary>See torch.nn.functional.gelu.</summary>
            public static Tensor gelu(Tensor x) => x.gelu();

            /// <summary>See torch.nn.functional.gelu.</summary>
            public static Tensor gelu(Tensor x, bool inplace) => inplace ? x.gelu_().alias() : x.gelu();

            /// <summary>See torch.nn.functional.silu.</summary>
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_().alias() : x.silu();

            /// <summary>See torch.nn.functional.silu.</summary>
            public static Tensor SiLU(Tensor x, bool inplace = false) => silu(x, inplace);

            /// <summary>See torch.sigmoid.</summary>
            public static Tensor sigmoid(Tensor x) => x.sigmoid();

            /// <summary>See torch.sigmoid.</summary>
            public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? x.sigmoid_().alias() : x.sigmoid();

            /// <summary>See torch.tanh.</summary>
            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_().alias() : x.tanh();

            /// <summary>See torch.nn.functional.leaky_relu.</summary>
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                inplace ? input.leaky_relu_(negative_slope).alias() : input.leaky_relu(negative_slope);

            /// <summary>See torch.nn.functional.softplus.</summary>
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => x.softplus(beta, threshold);

            /// <summary>See torch.nn.functional.softmax.</summary>
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            /// <summary>See torch.nn.functional.log_softmax.</summary>
            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            /// <summary>See torch.nn.functional.dropout.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                inplace ? Aten.dropout_.InPlace(input, p, training).alias() : Aten.dropout.Call(input, p, training);

            /// <summary>See torch.nn.functional.one_hot.</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Aten.one_hot.Call(x, num_classes);

            /// <summary>See torch.nn.functional.normalize: each vector divided by its p-norm.</summary>
            public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1e-12)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor norm = Aten.norm_ScalarOpt_dim.Call(input, p, new[] { dim }, true).clamp_min(eps);
                return (input / norm).MoveToOuterDisposeScope();
            }
        }
    }
}
