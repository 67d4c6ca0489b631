using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Gradients.
    public partial class Tensor
    {
        /// <summary>Whether operations on the tensor are recorded for <see cref="backward()"/>.</summary>
        public bool requires_grad
        {
            get
            {
                Native.Check(Native.tss_tensor_requires_grad(Handle, out int result));
                return result != 0;
            }
            set => Native.Check(Native.tss_tensor_set_requires_grad(Handle, value ? 1 : 0));
        }

        /// <summary>Sets <see cref="requires_grad"/>.</summary>
        public Tensor requires_grad_(bool requires_grad = true) => with_requires_grad(requires_grad);

        /// <summary>Sets <see cref="requires_grad"/>.</summary>
        public Tensor with_requires_grad(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>The gradient that <see cref="backward()"/> accumulated; null where there is none.</summary>
        public Tensor? grad
        {
            get
            {
                Native.Check(Native.tss_tensor_grad(Handle, out nint result));
                return result == 0 ? null : new Tensor(result);
            }
            set => Native.Check(Native.tss_tensor_set_grad(Handle, value is null ? 0 : value.Handle));
        }

        /// <summary>Whether the tensor was created by the user, not by a recorded operation.</summary>
        public bool is_leaf
        {
            get
            {
                Native.Check(Native.tss_tensor_is_leaf(Handle, out int result));
                return result != 0;
            }
        }

        /// <summary>Keeps the gradient of a tensor that is not a leaf.</summary>
        public void retain_grad() => Native.Check(Native.tss_tensor_retain_grad(Handle));

        /// <summary>The same values without their history; shares memory.</summary>
        public Tensor detach() => Aten.detach.Call(this);

        /// <summary>Drops the history of this tensor.</summary>
        public Tensor detach_() => Aten.detach_.InPlace(this);

        /// <summary>Accumulates the gradients of this scalar into the leaves that it was computed from.</summary>
        public void backward() => autograd.backward([this]);

        /// <summary>Accumulates gradients into the leaves that this tensor was computed from.</summary>
        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors!, retain_graph, create_graph, inputs!);
    }
}
